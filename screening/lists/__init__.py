"""Published lists as entries of reference.watchlists; an adapter a list, each a pure function of the file's bytes."""

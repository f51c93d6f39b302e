"""The index: flat tables made from sealed releases, to be asked in SQL; it may be deleted and built anew."""

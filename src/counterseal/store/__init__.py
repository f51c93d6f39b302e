"""Stores: where evidence is kept, one object a key, created once and never changed.

`interface` is what every store promises; `directory` keeps the objects as files; `blobs` keeps content
under its own digest; `open` turns an address into a store.
"""

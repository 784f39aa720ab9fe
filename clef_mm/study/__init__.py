"""The method's claim, tested on rendered faces: what pairing and texts are good for."""

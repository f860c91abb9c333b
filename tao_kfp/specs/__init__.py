"""TAO's spec files: make, read, change and check them, on the user's machine."""

"""What ``build.py`` does, one verb a module. Standard library only, Python 3.9 or newer."""

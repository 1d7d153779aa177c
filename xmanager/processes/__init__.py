"""What `./xm` does: set up, start, watch and stop the parts. Standard library only, because it
runs before anything is installed (the one exception is gunicorn_conf.py, which gunicorn reads).
"""

"""`./xm demo`: the main job, played from outside over HTTP against what `./xm up` started."""

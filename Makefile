# Thin names for the commands of ./xm, for those whose fingers type make.
.PHONY: up down demo test deep lint ci
up down demo test lint:
	./xm $@
deep:
	./xm test --deep
ci:
	.ci/run

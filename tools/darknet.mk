# darknet/GNUmakefile, put there by `make`: GNU make takes it and leaves upstream's Makefile, which
# stands beside it and would build upstream's objects over ours. Darknet's users type make in here;
# it does what it does in the folder above, with the same variables.
.DEFAULT_GOAL := all
MAKEFLAGS += --no-print-directory

# What upstream's Makefile calls them.
darknet libdarknet.a libdarknet.so: FORCE
	@$(MAKE) -C .. darknet/$@

%: FORCE
	@$(MAKE) -C .. $@

# make would look for rules to make these with.
FORCE: ;
GNUmakefile: ;
.PHONY: FORCE

# What tests of several ranks have in common, which are all on this machine: source it, behind lib.sh. A test that
# sources it is over where there is no MPI.
mpi=$top/darknet/darknet-mpi
if ! command -v mpirun >/dev/null || [ ! -x "$mpi" ]; then
    echo "  not built: make MPI=1 (tools/setup mpi installs what that takes)"
    exit 0
fi
export OMP_NUM_THREADS=1
# Each test's mpirun has a folder of its own: one that ends removes the folder that another one makes its own in.
export OMPI_MCA_orte_tmpdir_base=$scratch
# Two ranks find each other by the loopback device where there is no other one.
[ -n "$(ls /sys/class/net | grep -v '^lo$')" ] || export OMPI_MCA_btl_tcp_if_include=lo
mpirun=(mpirun --oversubscribe --allow-run-as-root --bind-to none)
ranks() { # N COMMAND...
    "${mpirun[@]}" -n "$@"
}

# What was measured against what was predicted; on the line both are the same. `unit` of both, `what` was measured.
load 'common.gp'
set xlabel 'predicted, '.unit
set ylabel 'measured: '.what
set size square
set logscale xy
eval 'set xtics '.(unit eq 's' ? seconds_tics : memory_tics)
eval 'set ytics '.(unit eq 's' ? seconds_tics : memory_tics)
plot data index 0 using 1:2 with points ls 4 title columnheader(1), \
    data index 1 using 1:2 with points ls 5 title columnheader(1), \
    x with lines lw 1 dt 2 lc rgb '#404040' title 'as predicted'

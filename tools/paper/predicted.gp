# What was measured against what was predicted; on the line both are the same. `unit` of both, `what` was measured;
# `n` blocks of points, in `styles`.
load 'common.gp'
set xlabel 'predicted, '.unit
set ylabel 'measured: '.what
set size square
set logscale xy
eval 'set xtics '.(unit eq 's' ? seconds_tics : memory_tics)
eval 'set ytics '.(unit eq 's' ? seconds_tics : memory_tics)
plot for [i = 1:n] data index i - 1 using 1:2 with points ls word(styles, i) + 0 title columnheader(1), \
    x with lines ls 6 title 'as predicted'

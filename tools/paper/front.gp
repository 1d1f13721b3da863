# Seconds against the most memory that was charged: a point for each configuration and limit, in `n` blocks of `styles`,
# the last of which is the Pareto front.
load 'common.gp'
set xlabel 'most memory charged, MB'
set ylabel 'seconds of a pass'
set logscale xy
eval 'set xtics '.memory_tics
eval 'set ytics '.seconds_tics
plot for [i = 1:n - 1] data index i - 1 using 1:2 with points ls word(styles, i) + 0 title columnheader(1), \
    data index n - 1 using 1:2 with steps ls word(styles, n) + 0 title columnheader(1)

# Seconds against the most memory that was charged: a point for each configuration and limit.
load 'common.gp'
set xlabel 'most memory charged, MB'
set ylabel 'seconds of a pass'
set logscale xy
eval 'set xtics '.memory_tics
eval 'set ytics '.seconds_tics
plot for [i = 0:3] data index i using 1:2 with points ls word('1 2 4 5', i + 1) + 0 title columnheader(1), \
    data index 4 using 1:2 with steps lw 1 dt 2 lc rgb '#404040' title columnheader(1)

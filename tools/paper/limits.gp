# Something against the limit: `label` is what, `logarithmic` is whether its axis is; `n` columns, in
# `styles`. A curve has no points at limits where the program was killed or took too long.
load 'common.gp'
set xlabel 'memory limit, MB (no point: killed or timed out)'
set ylabel label
set logscale x 2
set xtics ('12' 12, '16' 16, '24' 24, '32' 32, '48' 48, '64' 64, '' 80, '96' 96, '128' 128, '' 160, '192' 192, '256' 256)
set xrange [11:280]
if (logarithmic) { set logscale y; eval 'set ytics '.seconds_tics } else { set yrange [0:*]; set offsets 0, 0, graph .08, 0 }
plot for [i = 1:n] data using 1:i + 1 with linespoints ls word(styles, i) + 0 title columnheader(i + 1)

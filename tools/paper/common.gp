# What all pictures share; they set `form` (svg, png), `out`, `data`, `heading`. Lines differ in dashes and points, so
# that they can be told apart in grey too.
if (form eq 'svg') set terminal svg size 760,480 font 'sans-serif,12' background 'white'
if (form eq 'png') set terminal pngcairo size 1140,720 font 'Sans,15' background 'white'
set output out
set title heading
set key below horizontal reverse Left samplen 4 maxcols 3
set bmargin 7.5
set grid lc rgb '#d0d0d0' lt 1
set border lc rgb '#404040'
set datafile missing 'NaN'
set style line 1 lw 2 dt 1 pt 5 ps 1.0 lc rgb '#000000'
set style line 2 lw 2 dt 2 pt 4 ps 1.0 lc rgb '#707070'
set style line 3 lw 2 dt 4 pt 9 ps 1.2 lc rgb '#b2182b'
set style line 4 lw 2 dt 3 pt 12 ps 1.2 lc rgb '#d98c00'
set style line 5 lw 2 dt 1 pt 7 ps 1.0 lc rgb '#2166ac'
set style line 6 lw 1 dt 2 lc rgb '#404040'
# of memory in MB, and of seconds
memory_tics = "('8' 8, '' 12, '16' 16, '24' 24, '32' 32, '48' 48, '64' 64, '96' 96, '128' 128, '192' 192, '256' 256, '384' 384, '512' 512, '768' 768, '1024' 1024)"
seconds_tics = "(.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 20, 50, 100, 200, 500)"

# Copies against the audience: gnuplot docs/plots/viewers.gp > docs/plots/viewers.svg
# Each line is one run: p2plive-sim --viewers N --session 3600 --steady 60 --seconds 106 --seed 1
# Columns: viewers, copies, of these to those who stay.
set terminal svg size 900,500 background 'white'
$runs << EOD
10 1.41 1.41
30 1.13 1.09
100 1.14 1.01
300 1.11 1.02
1000 1.64 1.09
3000 3.09 1.22
10000 8.08 1.89
EOD
stays = 3600.0 # seconds, in the mean
segment = 2.0
set grid
set logscale xy
set xlabel 'viewers'
set ylabel 'copies from the CDN'
set xrange [10:100000]
set yrange [0.5:100000]
set key top left
plot x with lines dashtype 2 title 'without each other', \
     x * segment / stays with lines dashtype 3 title 'first segments of those who come', \
     $runs using 1:2 with linespoints title 'all', \
     $runs using 1:3 with linespoints title 'to those who stay'

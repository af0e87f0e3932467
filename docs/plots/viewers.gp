# Copies against the audience: gnuplot docs/plots/viewers.gp > docs/plots/viewers.svg
# Each line is one run: p2plive-sim --viewers N --session 3600 --steady 60 --seconds 106 --seed 1
# but 1000, 3000, 10000 (--steady 20 --seconds 66) and the last (--steady 12 --seconds 58).
# Columns: viewers, copies, of these to those who stay.
set terminal svg size 900,500 background 'white'
$runs << EOD
10 1.44 1.44
30 1.05 1.02
100 1.03 0.99
300 1.07 1.00
1000 1.64 0.96
3000 2.37 0.94
10000 7.23 2.03
100000 56.3 4.14
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

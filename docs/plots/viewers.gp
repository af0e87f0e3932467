# Copies against the audience: gnuplot docs/plots/viewers.gp > docs/plots/viewers.svg
# Each line is one run: p2plive-sim --viewers N --session 3600 --steady 60 --seconds 106 --seed 1
# but 3000 (--steady 20 --seconds 66) and the last (--steady 12 --seconds 36). 10, 30, 300 and 10000 are older.
# Columns: viewers, copies, of these to those who stay.
set terminal svg size 900,500 background 'white'
$runs << EOD
10 1.44 1.44
30 1.05 1.02
100 1.04 0.99
300 1.08 1.02
1000 1.43 1.02
3000 2.37 0.94
10000 6.39 1.72
100000 57.7 5.53
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

; Classic computations with published answers, of about 300 million instructions.
(define (line . values)
  (for-each display values)
  (newline))

; Takeuchi's function: 63,609 calls, 7.
(define (tak x y z)
  (if (not (< y x))
      z
      (tak (tak (- x 1) y z) (tak (- y 1) z x) (tak (- z 1) x y))))
(line "tak 18 12 6: " (tak 18 12 6))

; Ways to place queens that do not attack each other: OEIS A000170.
(define (queens size)
  (define (safe? row distance placed)
    (cond ((null? placed) #t)
          ((= row (car placed)) #f)
          ((= row (+ (car placed) distance)) #f)
          ((= row (- (car placed) distance)) #f)
          (else (safe? row (+ distance 1) (cdr placed)))))
  (define (place columns placed)
    (if (= columns 0)
        1
        (let loop ((row 1) (count 0))
          (if (> row size)
              count
              (loop (+ row 1)
                    (if (safe? row 1 placed)
                        (+ count (place (- columns 1) (cons row placed)))
                        count))))))
  (place size '()))
(for-each (lambda (size) (line "queens " size ": " (queens size))) '(4 5 6 7))

; Primes below 10,000: OEIS A006880.
(define (count-primes limit)
  (define composite (make-vector limit #f))
  (define (strike multiple step)
    (if (< multiple limit)
        (begin (vector-set! composite multiple #t) (strike (+ multiple step) step))))
  (let loop ((n 2) (count 0))
    (cond ((= n limit) count)
          ((vector-ref composite n) (loop (+ n 1) count))
          (else (strike (* n n) n) (loop (+ n 1) (+ count 1))))))
(line "primes below 10000: " (count-primes 10000))

; Coins for a dollar: 292, "Structure and Interpretation of Computer Programs", 1.2.2.
(define (change amount coins)
  (cond ((= amount 0) 1)
        ((or (< amount 0) (null? coins)) 0)
        (else (+ (change amount (cdr coins)) (change (- amount (car coins)) coins)))))
(line "ways to change a dollar: " (change 100 '(50 25 10 5 1)))

; The longest Collatz sequence that starts below 1,000: 871 with 179 numbers, OEIS A006877.
(define (collatz n steps)
  (cond ((= n 1) steps)
        ((= (remainder n 2) 0) (collatz (quotient n 2) (+ steps 1)))
        (else (collatz (+ (* 3 n) 1) (+ steps 1)))))
(define best 0)
(define best-steps 0)
(define n 1)
(while (< n 1000)
  (let ((steps (collatz n 1)))
    (if (> steps best-steps)
        (begin (set! best n) (set! best-steps steps))))
  (set! n (+ n 1)))
(line "longest Collatz sequence below 1000: " best ", " best-steps)
(line "garbage was collected: " (> (gc-count) 0))

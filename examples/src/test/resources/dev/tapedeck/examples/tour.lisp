; A tour of the language: one line of output for each thing that it has.
(define (line . values)
  (for-each display values)
  (newline))

(line "numbers: " (+ 1 2 3) " " (- 10) " " (* 6 7) " " (quotient -17 5) " " (remainder -17 5) " " (modulo -17 5))
(line "wrapping: " (* 4294967296 4294967296) " " (+ 9223372036854775807 1))
(line "comparing: " (< 1 2 3) " " (< 1 3 2) " " (= 2 2) " " (equal? '(1 "a" (b)) (list 1 "a" (list 'b))) " " (eq? '(1) '(1)))
(line "lists: " (append '(1 2) '(3) '() '(4 . 5)) " " (reverse '(a b c)) " " (length '(x y z)) " " (map (lambda (x) (* x x)) '(1 2 3)))
(line "strings: " (string-append "tape" "deck") " " (substring "recording" 0 6) " " (string-length "replay"))
(write '("quoted \"text\"" symbol (nested . pair) #t #f ()))
(newline)
(line "scopes: " (let ((x 1) (y 2)) (let ((x 10)) (+ x y))))
(line "and, or: " (and 1 2 3) " " (and 1 #f 3) " " (or #f #f 'found) " " (or) " " (and))

(define (make-counter)
  (define count 0)
  (lambda () (set! count (+ count 1)) count))
(define counter (make-counter))
(counter)
(counter)
(line "closures: " (counter) " " ((make-counter)))

(define (count-down n) (if (= n 0) 'done (count-down (- n 1))))
(line "a loop of 100000 tail calls: " (count-down 100000))

(define (depth n) (if (= n 0) 0 (+ 1 (depth (- n 1)))))
(line "a recursion 2000 deep: " (depth 2000))

(line "named let: " (let loop ((i 0) (squares '())) (if (= i 6) (reverse squares) (loop (+ i 1) (cons (* i i) squares)))))
(line "rest of the arguments: " ((lambda (first . rest) (list first rest)) 1 2 3) " " (apply + '(1 2 3 4)))

(define v (make-vector 5 'x))
(vector-set! v 2 42)
(line "vectors: " v " " (vector-ref v 2) " " (vector-length v))

(define pair (cons 1 2))
(set-cdr! pair 3)
(line "changed pairs: " pair)

(define (sort list less?)
  (define (merge a b)
    (cond ((null? a) b)
          ((null? b) a)
          ((less? (car b) (car a)) (cons (car b) (merge a (cdr b))))
          (else (cons (car a) (merge (cdr a) b)))))
  (define (split list)
    (if (or (null? list) (null? (cdr list)))
        (cons list '())
        (let ((rest (split (cdr (cdr list)))))
          (cons (cons (car list) (car rest)) (cons (car (cdr list)) (cdr rest))))))
  (if (or (null? list) (null? (cdr list)))
      list
      (let ((halves (split list)))
        (merge (sort (car halves) less?) (sort (cdr halves) less?)))))
(line "sorted: " (sort '(3 1 4 1 5 9 2 6 5 3 5 8 9 7 9) <))

; An evaluator of its own, for the arithmetic of lists.
(define (evaluate expression)
  (if (pair? expression)
      (apply (cond ((eq? (car expression) 'plus) +) ((eq? (car expression) 'times) *) (else (error "unknown" (car expression))))
             (map evaluate (cdr expression)))
      expression))
(line "evaluated: " (evaluate '(plus 1 (times 2 3) (plus 4 5))))

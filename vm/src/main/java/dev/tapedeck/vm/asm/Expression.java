package dev.tapedeck.vm.asm;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A sum of products of numbers and names.
 *
 * @param position where it starts in the text
 */
record Expression(int position, List<Term> terms) {
    /** More are refused: nobody writes them, and each costs memory. */
    static final int TERMS_MAX = 1000;

    /**
     * One operand with the operator before it: {@code '+'}, {@code '-'} or {@code '*'}; the first has {@code '+'}.
     *
     * @param literal the number, or null for a name
     * @param name the name, empty for a number
     * @param negated whether a minus sign belongs to the operand itself
     */
    record Term(int position, char operator, @Nullable Literal literal, String name, boolean negated) {}

    /** What a name stands for. */
    interface Names {
        Literal valueOf(String name, int position) throws AssemblyException;
    }

    Literal evaluate(SourceText source, Names names) throws AssemblyException {
        @Nullable Literal sum = null;
        @Nullable Literal product = null;
        char pending = '+';
        for (Term term : terms) {
            Literal known = term.literal();
            Literal value = known != null ? known : names.valueOf(term.name(), term.position());
            try {
                value = term.negated() ? value.negate() : value;
                if (product == null) {
                    product = value;
                } else if (term.operator() == '*') {
                    product = product.times(value);
                } else {
                    sum = add(sum, pending, product);
                    pending = term.operator();
                    product = value;
                }
            } catch (IllegalArgumentException e) {
                throw source.error(term.position(), message(e));
            }
        }
        if (product == null) {
            throw new IllegalStateException("an expression without terms");
        }
        try {
            return add(sum, pending, product);
        } catch (IllegalArgumentException e) {
            throw source.error(position, message(e));
        }
    }

    private static Literal add(@Nullable Literal sum, char operator, Literal product) {
        if (sum == null) {
            return product;
        }
        return operator == '-' ? sum.minus(product) : sum.plus(product);
    }

    static String message(IllegalArgumentException e) {
        String message = e.getMessage();
        return message == null ? "this number is not possible here" : message;
    }
}

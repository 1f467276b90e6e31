package dev.tapedeck.harness.condition;

import dev.tapedeck.harness.recording.Recording;
import dev.tapedeck.vm.program.Program;
import java.util.ArrayList;
import java.util.List;

/**
 * Something that is true or false between any two instructions of a run. How it is written is in {@code docs/conditions.md}.
 */
public final class Condition {
    private final String text;
    private final Expression root;
    private final List<Expression.Changed> watched;
    private final List<Term> terms;
    private final boolean event;

    /** A part of a condition that has a value to show, and how it was written. */
    record Term(String text, Expression expression) {}

    Condition(String text, Expression root, List<Expression.Changed> watched, List<Term> terms) {
        this.text = text;
        this.root = root;
        this.watched = List.copyOf(watched);
        this.terms = List.copyOf(terms);
        event = root.isEvent();
    }

    /** @throws ConditionException if the text is no condition, or names what the program does not have */
    public static Condition parse(Program program, String text) throws ConditionException {
        return new ConditionParser(program, text).parse();
    }

    Expression root() {
        return root;
    }

    /** As it was written. */
    public String text() {
        return text;
    }

    /** Whether it can be seen from the condition alone that it stays true once it is. */
    public boolean rises() {
        return root.rises();
    }

    /** Whether it speaks of what one instruction did: contains an event. */
    public boolean isEvent() {
        return event;
    }

    /** Looks at a moment, which follows the one before by one instruction, or not if the run was moved. */
    boolean holds(Moment moment, boolean jumped) {
        for (Expression.Changed one : watched) {
            one.look(moment, jumped);
        }
        return root.truth(moment);
    }

    /** Whether it holds, at the moment last looked at, because of an event: without it, it would not. */
    boolean holdsByEvent(Moment moment) {
        if (!event) {
            return false;
        }
        moment.eventless = true;
        boolean without = root.truth(moment);
        moment.eventless = false;
        return !without;
    }

    /** The values that the condition looks at, as text; those that are not there are left out. */
    List<Value> values(Moment moment) {
        List<Value> values = new ArrayList<>();
        for (Term term : terms) {
            moment.missing = false;
            boolean real = term.expression.isReal();
            double number = real ? term.expression.real(moment) : 0;
            long whole = real ? 0 : term.expression.whole(moment);
            if (!moment.missing) {
                values.add(new Value(term.text, real ? Double.toString(number) : Long.toString(whole)));
            }
            moment.missing = false;
        }
        return values;
    }

    /**
     * A value that a condition looks at.
     *
     * @param text the part of the condition, as it was written
     */
    public record Value(String text, String value) {}

    /** The search for this condition in a recording. */
    public ConditionSearch in(Recording recording) {
        return new ConditionSearch(recording, this);
    }
}

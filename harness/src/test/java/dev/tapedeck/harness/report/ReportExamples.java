package dev.tapedeck.harness.report;

import dev.tapedeck.harness.bisect.Bisection;
import dev.tapedeck.harness.bisect.Bisection.Consequence;
import dev.tapedeck.harness.bisect.Bisection.Consequences;
import dev.tapedeck.harness.bisect.Bisection.Fate;
import dev.tapedeck.harness.bisect.Bisection.Side;
import dev.tapedeck.harness.bisect.Bisection.StateDifference;
import dev.tapedeck.harness.bisect.Bisection.Stretch;
import dev.tapedeck.harness.report.ReportContent.Ending;
import dev.tapedeck.harness.report.ReportContent.Excerpt;
import dev.tapedeck.harness.report.ReportContent.Line;
import dev.tapedeck.harness.report.ReportContent.Mark;
import dev.tapedeck.harness.report.ReportContent.Run;
import dev.tapedeck.harness.slice.Cause;
import dev.tapedeck.harness.slice.Cause.Kind;
import dev.tapedeck.harness.slice.Cause.Role;
import dev.tapedeck.harness.slice.Slice;
import dev.tapedeck.harness.text.Executed;
import dev.tapedeck.harness.text.Frame;
import dev.tapedeck.harness.text.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reports made by hand, so that a test of a format depends on nothing but that format. */
final class ReportExamples {
    private ReportExamples() {}

    /** Two versions of a program; the second one's loop ends one round early. */
    static ReportContent regression() {
        return content(
                "checksum.tasm: sums the table",
                "checksum.tasm:31: expected output \"5050\\n\" but was \"4950\\n\"",
                Optional.of(diverged()),
                Optional.of("--- approved\n+++ received\n@@ -1,2 +1,2 @@\n 10 rounds\n-5050\n+4950\n"));
    }

    /** A failure without a reference. */
    static ReportContent fault() {
        ReportContent content =
                content("divide.tasm", "divide.tasm:9: fault division_by_zero", Optional.empty(), Optional.empty());
        return new ReportContent(
                content.title(),
                content.reason(),
                content.run(),
                Optional.empty(),
                content.bisection(),
                Listing.NONE,
                new Ending(
                        List.of(
                                new Frame("divide", 2, "divide.tasm", 9, false),
                                new Frame("main", 4, "divide.tasm", 17, false)),
                        List.of(
                                new Step(executed(40, "divide", 0, 7, "local.get dividend"), "= 7"),
                                new Step(executed(41, "divide", 1, 8, "local.get divisor"), "= 0")),
                        Optional.of(executed(42, "divide", 2, 9, "i32.div_s")),
                        Optional.empty()),
                List.of(),
                Optional.empty(),
                Optional.of(new Slice(
                        "operand.0 of i32.div_s in divide+2 (divide.tasm:9) is 0",
                        42,
                        List.of(
                                cause(executed(30, "main", 2, 15, "i32.sub"), Kind.COMPUTED, List.of("4", "4"), "0"),
                                cause(
                                        executed(12, "main", 1, 14, "call_host tape.input"),
                                        Kind.HOST,
                                        List.of(),
                                        "tape.input(1024, 1) returned 1, wrote 04 at 0x400")),
                        true,
                        42)),
                Optional.of(new ErrorOutput(
                        List.of("divide: reading the divisor", "divide: got 1 byte, expected 4"), true)));
    }

    static Bisection same() {
        Side a = side("target/a.tape", 4_711, Optional.empty(), List.of(), List.of(), Optional.empty(), "exit code 0");
        Side b = side("target/b.tape", 4_711, Optional.empty(), List.of(), List.of(), Optional.empty(), "exit code 0");
        return new Bisection(false, Bisection.Kind.NONE, "the runs do not differ", a, b, List.of(), 6, 0);
    }

    /** B went on where A ended. */
    static Bisection ended() {
        Side a = side("a", 3, Optional.empty(), List.of(), before(3, "i32.lt_s"), Optional.empty(), "exit code 0");
        Side b = side(
                "b",
                9,
                Optional.of(executed(3, "main", 3, 12, "br_if again")),
                List.of(),
                before(3, "i32.le_s"),
                Optional.empty(),
                "exit code 0");
        return new Bisection(
                true,
                Bisection.Kind.END,
                "B goes on where A has ended, with br_if in main (main.tasm:12)",
                a,
                b,
                List.of(),
                2,
                6);
    }

    static Bisection diverged() {
        List<Frame> frames = List.of(
                new Frame("sum", 9, "checksum.tasm", 31, false),
                new Frame("on_timer", 3, "checksum.tasm", 52, true),
                new Frame("main", 12, "checksum.tasm", 17, false));
        List<Frame> framesB = new ArrayList<>(frames);
        framesB.set(2, new Frame("main", 14, "checksum.tasm", 18, false));
        Side a = side(
                "target/tapedeck/checksum.approved.rec",
                1_048_581,
                Optional.of(executed(1_041_007, "sum", 9, 31, "i32.le_s")),
                frames,
                before(1_041_007, "i32.const 100"),
                Optional.empty(),
                "exit code 0");
        Side b = side(
                        "target/tapedeck/checksum.tape",
                        1_048_512,
                        Optional.of(executed(1_041_007, "sum", 9, 31, "i32.lt_s")),
                        framesB,
                        before(1_041_007, "i32.const 100"),
                        Optional.of("interrupt 3, payload 42"),
                        "exit code 1")
                .withSlice(Optional.of(slice()));
        return new Bisection(
                true,
                Bisection.Kind.PROGRAM,
                "the operand on top of sum is 0, was 1, after i32.lt_s instead of i32.le_s in sum+9 (checksum.tasm:31)",
                a,
                b,
                List.of(
                        new StateDifference(
                                "operand.0 of sum",
                                "1",
                                "0",
                                Optional.of(executed(1_041_007, "sum", 9, 31, "i32.le_s")),
                                Optional.of(executed(1_041_007, "sum", 9, 31, "i32.lt_s"))),
                        new StateDifference(
                                "memory 0x00000400",
                                "0x2a",
                                "0x00",
                                Optional.empty(),
                                Optional.of(executed(977, "fill", 4, 8, "i32.store8")))),
                Optional.of(consequences()),
                14,
                131_072);
    }

    private static Consequences consequences() {
        return new Consequences(
                List.of(
                        new Consequence(
                                Bisection.Kind.PROGRAM,
                                Optional.of(executed(1_041_007, "sum", 9, 31, "i32.le_s")),
                                Optional.of(executed(1_041_007, "sum", 9, 31, "i32.lt_s")),
                                new Bisection.Effect(
                                        1_041_012,
                                        1_041_012,
                                        "the first run sets global 'total' to 7 where the second sets global 'total' to 6"),
                                3,
                                List.of(new Stretch(1_041_007, 1_041_030, 1_041_007, 1_041_024)),
                                1,
                                Fate.OUTPUT,
                                Optional.of(
                                        new Bisection.Effect(
                                                1_041_029,
                                                1_041_023,
                                                "the first run calls tape.print_i32(7) where the second calls tape.print_i32(6)"))),
                        new Consequence(
                                Bisection.Kind.PROGRAM,
                                Optional.empty(),
                                Optional.of(executed(1_041_400, "fill", 4, 8, "i32.const 1")),
                                new Bisection.Effect(
                                        1_041_410,
                                        1_041_404,
                                        "the first run stores 0 (1 byte) at 0x400 where the second stores 1 (1 byte) at 0x400"),
                                12,
                                List.of(
                                        new Stretch(1_041_406, 1_041_500, 1_041_400, 1_041_494),
                                        new Stretch(1_046_000, 1_047_000, 1_045_994, 1_046_994)),
                                5,
                                Fate.DIES_OUT,
                                Optional.empty())),
                2,
                1_048_000,
                1_047_994,
                false);
    }

    private static Slice slice() {
        List<Cause> steps = new ArrayList<>();
        steps.add(new Cause(
                executed(1_041_007, "sum", 9, 31, "i32.lt_s"),
                Kind.COMPUTED,
                Role.VALUE,
                List.of("100", "100"),
                "0",
                List.of(),
                0,
                0));
        steps.add(new Cause(
                executed(1_041_004, "sum", 6, 28, "i32.add"),
                Kind.COMPUTED,
                Role.VALUE,
                List.of("99", "1"),
                "100",
                List.of(executed(1_041_005, "sum", 7, 29, "local.tee index")),
                97,
                0));
        steps.add(new Cause(
                executed(31, "sum", 6, 28, "i32.add"),
                Kind.COMPUTED,
                Role.VALUE,
                List.of("0", "1"),
                "1",
                List.of(executed(32, "sum", 7, 29, "local.tee index")),
                0,
                2));
        steps.add(cause(executed(0, "sum", 0, 22, "(local 'index' of sum starts as 0)"), Kind.INITIAL, List.of(), ""));
        steps.add(new Cause(
                executed(1_041_000, "main", 11, 16, "br_if done"),
                Kind.BRANCH,
                Role.CONDITION,
                List.of("0"),
                "went on",
                List.of(),
                0,
                0));
        return new Slice("operand.0 of sum is 0", 1_041_008, steps, false, 262_144);
    }

    private static Cause cause(Executed at, Kind kind, List<String> operands, String value) {
        return new Cause(at, kind, Role.VALUE, operands, value, List.of(), 0, 0);
    }

    /** What tries to break out of every format there is. */
    static final String NASTY =
            "<script>alert('x')</script><img src=x onerror=\"document.title='hacked'\"> | `tick` ```"
                    + " \u001b[31mred\u001b[0m \u202egnol \r\n\t**bold** [a](http://example.org) {{reason}} & \" ' \u0000 \u2028"
                    + " ::error file=a,line=1::injected\n::error::again ##[error]old ##vso[task] ]]> --> </svg></title></style>"
                    + " ![i](http://example.org/i.png) @someone 100%25 "
                    + "wide".repeat(400);

    /** Every text that a program or a file brings along tries to break out. */
    static ReportContent hostile() {
        String nasty = NASTY;
        Executed at = new Executed(7, nasty, 3, nasty, 5, nasty);
        Frame frame = new Frame(nasty, 3, nasty, 5, true);
        Slice slice = new Slice(
                nasty,
                8,
                List.of(
                        new Cause(
                                at,
                                Kind.COMPUTED,
                                Role.VALUE,
                                List.of(nasty),
                                nasty,
                                List.of(at),
                                Optional.of(at),
                                1,
                                1),
                        new Cause(at, Kind.HOST, Role.ADDRESS, List.of(), nasty, List.of(), 0, 0)),
                false,
                8);
        Side side = new Side(
                nasty,
                nasty,
                9,
                Optional.of(at),
                List.of(frame),
                List.of(at),
                Optional.of(nasty),
                nasty,
                Optional.of(slice));
        Bisection bisection = new Bisection(
                true,
                Bisection.Kind.HOST,
                nasty,
                side,
                side,
                List.of(new StateDifference(nasty, nasty, nasty, Optional.of(at), Optional.empty())),
                Optional.of(new Consequences(
                        List.of(new Consequence(
                                Bisection.Kind.HOST,
                                Optional.of(at),
                                Optional.empty(),
                                new Bisection.Effect(7, 7, nasty),
                                1,
                                List.of(new Stretch(7, 8, 7, 8)),
                                1,
                                Fate.STAYS,
                                Optional.empty())),
                        0,
                        9,
                        9,
                        true)),
                1,
                1);
        return new ReportContent(
                nasty,
                nasty,
                new Run(
                        nasty,
                        nasty,
                        nasty,
                        List.of(nasty),
                        1,
                        9,
                        1,
                        1,
                        1,
                        10,
                        nasty,
                        Optional.of(nasty),
                        0,
                        List.of(new Mark(Mark.Kind.INTERRUPT, 3, 3, 1))),
                Optional.empty(),
                Optional.of(bisection),
                new Listing(List.of(
                        new Listing.Row(
                                Optional.of(new Step(at, nasty)), Optional.of(new Step(at, nasty)), false, false),
                        new Listing.Row(Optional.of(new Step(at, nasty)), Optional.empty(), true, false))),
                new Ending(List.of(frame), List.of(new Step(at, nasty)), Optional.of(at), Optional.of(nasty)),
                List.of(new Excerpt(nasty, nasty, List.of(new Line(1, nasty, true)))),
                Optional.of("+" + nasty),
                Optional.of(slice),
                Optional.of(new ErrorOutput(List.of(nasty, "::error::" + nasty, "```"), false)));
    }

    private static ReportContent content(
            String title, String reason, Optional<Bisection> bisection, Optional<String> textDiff) {
        List<Mark> marks = new ArrayList<>();
        for (long icount = 0; icount < 1_048_512; icount += 131_072) {
            marks.add(new Mark(Mark.Kind.CHECKPOINT, icount, icount, 1));
        }
        for (long icount = 90_000; icount < 1_048_512; icount += 200_000) {
            marks.add(new Mark(Mark.Kind.INTERRUPT, icount, icount + 900, 12));
        }
        marks.add(new Mark(Mark.Kind.HOST_CALL, 1_000, 1_000, 1));
        marks.add(new Mark(Mark.Kind.HOST_CALL, 1_048_000, 1_048_500, 200));
        return new ReportContent(
                title,
                reason,
                run("target/tapedeck/checksum.tape", 1_048_512, marks, bisection.isPresent() ? 917_504 : -1),
                bisection.map(found ->
                        run(found.a().name(), found.a().instructions(), marks.subList(0, marks.size() - 1), 983_040)),
                bisection,
                bisection.map(ReportExamples::listing).orElse(Listing.NONE),
                new Ending(
                        List.of(new Frame("main", 20, "checksum.tasm", 22, false)),
                        List.of(
                                new Step(executed(1_048_510, "main", 19, 21, "i32.const 1"), "= 1"),
                                new Step(executed(1_048_511, "main", 20, 22, "halt"), "")),
                        Optional.empty(),
                        Optional.empty()),
                List.of(new Excerpt(
                        "where the runs part",
                        "checksum.tasm",
                        List.of(
                                new Line(29, "  local.get index", false),
                                new Line(30, "  i32.const LIMIT", false),
                                new Line(31, "  i32.lt_s                ; one round too few?", true),
                                new Line(32, "  br_if again", false)))),
                textDiff,
                Optional.empty(),
                Optional.empty());
    }

    private static Run run(String path, long instructions, List<Mark> marks, long replayedFrom) {
        return new Run(
                path,
                "checksum",
                "main",
                List.of("100", "-1.5"),
                7,
                instructions,
                5,
                3,
                8,
                4_096,
                "exit code 1",
                Optional.empty(),
                replayedFrom,
                marks);
    }

    private static Listing listing(Bisection bisection) {
        List<Listing.Row> rows = new ArrayList<>();
        List<Executed> before = bisection.a().before();
        for (int i = 0; i < before.size(); i++) {
            Step step = new Step(before.get(i), "= " + i);
            if (i == 2) {
                Executed other = executed(step.executed().icount() - 1, "sum", 2, 24, "i64.extend_i32_u");
                rows.add(new Listing.Row(Optional.empty(), Optional.of(new Step(other, "= 4294967295")), false, false));
            }
            rows.add(new Listing.Row(Optional.of(step), Optional.of(step), false, true));
        }
        rows.add(new Listing.Row(
                bisection.a().at().map(at -> new Step(at, "= 1")),
                bisection.b().at().map(at -> new Step(at, "= 0")),
                true,
                false));
        rows.add(new Listing.Row(
                Optional.of(new Step(executed(1_041_008, "sum", 10, 32, "br_if again"), "taken")),
                Optional.of(new Step(executed(1_041_008, "sum", 10, 32, "br_if again"), "not taken")),
                false,
                false));
        return new Listing(rows);
    }

    private static Side side(
            String name,
            long instructions,
            Optional<Executed> at,
            List<Frame> frames,
            List<Executed> before,
            Optional<String> event,
            String outcome) {
        return new Side(name, "checksum", instructions, at, frames, before, event, outcome);
    }

    private static List<Executed> before(long icount, String last) {
        List<Executed> list = new ArrayList<>();
        String[] texts = {
            "local.get total",
            "local.get index",
            "i32.add",
            "local.set total",
            "local.get index",
            "i32.const 1",
            "i32.add",
            "local.tee index"
        };
        for (int i = (int) Math.max(0, 9 - icount); i < 8; i++) {
            list.add(executed(icount - 9 + i, "sum", i, 22 + i, texts[i]));
        }
        list.add(executed(icount - 1, "sum", 8, 30, last));
        return list;
    }

    private static Executed executed(long icount, String function, int offset, int line, String text) {
        return new Executed(icount, function, offset, "checksum.tasm", line, text);
    }
}

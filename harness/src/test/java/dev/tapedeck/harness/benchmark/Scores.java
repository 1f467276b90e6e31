package dev.tapedeck.harness.benchmark;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What the benchmarks of one class measured, in several rounds: all of them once, then all again. A machine that is busy
 * for a while so slows both sides of a ratio, which would not be so if JMH ran all forks of one and then all of the other.
 */
final class Scores {
    private final Map<List<String>, List<Double>> rounds = new LinkedHashMap<>();

    private Scores() {}

    /** @param details where JMH's own output goes */
    static Scores measure(Class<?> benchmark, int rounds, Path details) throws RunnerException {
        Scores scores = new Scores();
        for (int i = 0; i < rounds; i++) {
            new Runner(new OptionsBuilder()
                            .include(benchmark.getName() + "\\.")
                            .output(details.toString())
                            .shouldDoGC(true)
                            .shouldFailOnError(true)
                            .build())
                    .run()
                    .forEach(scores::add);
        }
        return scores;
    }

    private void add(RunResult result) {
        List<String> key = new ArrayList<>();
        String name = result.getParams().getBenchmark();
        key.add(name.substring(name.lastIndexOf('.') + 1));
        result.getParams()
                .getParamsKeys()
                .forEach(param -> key.add(result.getParams().getParam(param)));
        // An auxiliary counter is what the benchmark wants to be known for.
        double score = result.getSecondaryResults().values().stream()
                .findFirst()
                .orElseGet(result::getPrimaryResult)
                .getScore();
        rounds.computeIfAbsent(key, k -> new ArrayList<>()).add(score);
    }

    /** @param parameters in the order of their names */
    double median(String method, String... parameters) {
        return median(of(method, parameters));
    }

    /** The median of the rounds' ratios, {@code a} over {@code b}. */
    double ratio(String a, String b, String... parameters) {
        List<Double> above = of(a, parameters);
        List<Double> below = of(b, parameters);
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < above.size(); i++) {
            ratios.add(above.get(i) / below.get(i));
        }
        return median(ratios);
    }

    private List<Double> of(String method, String... parameters) {
        List<String> key = new ArrayList<>();
        key.add(method);
        key.addAll(Arrays.asList(parameters));
        List<Double> scores = rounds.get(key);
        if (scores == null) {
            throw new IllegalArgumentException("no benchmark " + key + ", there are " + rounds.keySet());
        }
        return scores;
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}

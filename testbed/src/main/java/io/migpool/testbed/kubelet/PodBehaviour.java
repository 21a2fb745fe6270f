package io.migpool.testbed.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What the processes of a pod do, according to its annotations; without any, init containers end immediately and the
 * others run until they are stopped, and then stop immediately.
 *
 * @param runFor time after which the app containers end by themselves ({@value #RUN_FOR})
 * @param exitCode exit code with which they then end ({@value #EXIT_CODE})
 * @param initRunFor time after which init containers end ({@value #INIT_RUN_FOR})
 * @param initExitCode exit code with which they end ({@value #INIT_EXIT_CODE})
 * @param stopAfter how long a container continues after it was asked to stop ({@value #STOP_AFTER})
 */
record PodBehaviour(
        Optional<Duration> runFor, int exitCode, Duration initRunFor, int initExitCode, Duration stopAfter) {

    static final String RUN_FOR = "testbed.migpool.io/run-for";
    static final String EXIT_CODE = "testbed.migpool.io/exit-code";
    static final String INIT_RUN_FOR = "testbed.migpool.io/init-run-for";
    static final String INIT_EXIT_CODE = "testbed.migpool.io/init-exit-code";
    static final String STOP_AFTER = "testbed.migpool.io/stop-after";

    private static final Pattern DURATION = Pattern.compile("(\\d+)(ms|s|m)");

    /**
     * Reads the annotations.
     *
     * @throws IllegalArgumentException if an annotation is malformed; names the annotation, its value and the expected
     *     form
     */
    static PodBehaviour of(Pod pod) {
        var annotations = pod.getMetadata().getAnnotations() == null
                ? Map.<String, String>of()
                : pod.getMetadata().getAnnotations();
        return new PodBehaviour(
                duration(annotations, RUN_FOR),
                number(annotations, EXIT_CODE),
                duration(annotations, INIT_RUN_FOR).orElse(Duration.ZERO),
                number(annotations, INIT_EXIT_CODE),
                duration(annotations, STOP_AFTER).orElse(Duration.ZERO));
    }

    private static Optional<Duration> duration(Map<String, String> annotations, String name) {
        var text = annotations.get(name);
        if (text == null) {
            return Optional.empty();
        }
        var matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "annotation %s is \"%s\": must be a number with ms, s or m, such as 2s".formatted(name, text));
        }
        var amount = Long.parseLong(matcher.group(1));
        return Optional.of(
                switch (matcher.group(2)) {
                    case "ms" -> Duration.ofMillis(amount);
                    case "s" -> Duration.ofSeconds(amount);
                    default -> Duration.ofMinutes(amount);
                });
    }

    private static int number(Map<String, String> annotations, String name) {
        var text = annotations.getOrDefault(name, "0");
        if (!text.matches("\\d{1,3}")) {
            throw new IllegalArgumentException("annotation %s is \"%s\": must be 0 to 255".formatted(name, text));
        }
        return Integer.parseInt(text);
    }
}

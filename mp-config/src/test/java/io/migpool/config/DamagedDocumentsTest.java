package io.migpool.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents with random damage are read or rejected with a reason; nothing else happens. */
class DamagedDocumentsTest {

    private static final int DAMAGED_COPIES = 500;
    private static final List<String> PIECES = List.of(
            "",
            "{",
            "}",
            "[",
            "]",
            ":",
            ": ",
            "- ",
            "\n",
            "\t",
            "\"",
            "'",
            "&a ",
            "*a",
            "<<: ",
            "!!int ",
            "null",
            "-1",
            "99999999999999999999",
            "1.5",
            "{{ .Values.x }}",
            "${HOME}",
            "\u0000",
            "\ud83d",
            "é",
            "#",
            ",",
            "|",
            ">",
            "---\n",
            "nvidia: ",
            "name",
            "count: ",
            ".0.",
            "?",
            "%",
            "@");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "geometries-in-section.yaml",
                "geometries-grouped.yaml",
                "allowlist-2.10.yaml",
                "nodes-brief.json",
                "nodes-full.json"
            })
    void damageIsNeverFatal(String name) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String text = Documents.text(name);
        for (int copy = 0; copy < DAMAGED_COPIES; copy++) {
            String damaged = damage(text, random);
            try {
                Object settings = name.endsWith(".json") ? NodeSettings.parse(damaged) : DeviceSettings.parse(damaged);
                assertThat(settings).isNotNull();
            } catch (InvalidSettingsException e) {
                assertThat(e.problems())
                        .as("seed %d, copy %d", seed, copy)
                        .isNotEmpty()
                        .allMatch(s -> !s.isBlank());
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed %d, copy %d:%n%s".formatted(seed, copy, damaged), e);
            }
        }
    }

    private static String damage(String text, Random random) {
        StringBuilder damaged = new StringBuilder(text);
        for (int wounds = 1 + random.nextInt(3); wounds > 0; wounds--) {
            int from = random.nextInt(damaged.length());
            int to = Math.min(damaged.length(), from + random.nextInt(6));
            damaged.replace(from, to, PIECES.get(random.nextInt(PIECES.size())));
        }
        return damaged.toString();
    }
}

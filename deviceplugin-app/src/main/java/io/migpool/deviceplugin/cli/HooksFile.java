package io.migpool.deviceplugin.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The hooks of a run, as listed in mig-parted's hooks file ({@code api/hooks/v1}), in YAML or JSON.
 *
 * @param hooks the hooks by point, in the order in which they run
 */
record HooksFile(Map<Point, List<Hook>> hooks) {

    static final HooksFile NONE = new HooksFile(Map.of());

    private static final YAMLMapper YAML = YAMLMapper.builder().build();

    HooksFile {
        Map<Point, List<Hook>> copy = new EnumMap<>(Point.class);
        hooks.forEach((point, listed) -> copy.put(point, List.copyOf(listed)));
        hooks = copy;
    }

    /** Points of a run at which hooks run. */
    enum Point {
        /** Before the GPUs are read. */
        APPLY_START,
        /** Before MIG modes are changed; skipped if none differs. */
        PRE_APPLY_MODE,
        /** Before layouts are changed; skipped if none differs. */
        PRE_APPLY_CONFIG,
        /** At the end, on success and on failure. */
        APPLY_EXIT;

        /** Returns the file's spelling. */
        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        private static Optional<Point> byWord(String word) {
            return Arrays.stream(values())
                    .filter(point -> point.word().equals(word))
                    .findFirst();
        }
    }

    /**
     * A program to run.
     *
     * @param command its name or path
     * @param args its arguments
     * @param envs its environment variables; it inherits none
     * @param workdir its working directory; empty for ours
     */
    record Hook(String command, List<String> args, Map<String, String> envs, Optional<String> workdir) {

        Hook {
            args = List.copyOf(args);
            envs = Map.copyOf(envs);
        }
    }

    private record Document(
            @Nullable String version, @Nullable Map<String, @Nullable List<@Nullable Entry>> hooks) {}

    private record Entry(
            @Nullable String command,
            @Nullable List<String> args,
            @Nullable Map<String, String> envs,
            @Nullable String workdir) {}

    List<Hook> at(Point point) {
        return hooks.getOrDefault(point, List.of());
    }

    /**
     * Parses the text of a hooks file.
     *
     * @throws CommandException naming what is wrong and what would be right
     */
    static HooksFile read(String file, String text) throws CommandException {
        Document document;
        try {
            document = YAML.readValue(text, Document.class);
        } catch (JsonProcessingException e) {
            String what = e.getOriginalMessage().lines().findFirst().orElse("");
            throw new CommandException(
                    "%s: line %d: %s"
                            .formatted(
                                    file,
                                    e.getLocation() == null
                                            ? 0
                                            : e.getLocation().getLineNr(),
                                    what),
                    e);
        }
        if (!"v1".equals(document.version())) {
            throw new CommandException(file + " lacks 'version: v1'; add it, and the hook points under 'hooks'");
        }
        Map<Point, List<Hook>> hooks = new EnumMap<>(Point.class);
        for (Map.Entry<String, @Nullable List<@Nullable Entry>> listed :
                Optional.ofNullable(document.hooks()).orElse(Map.of()).entrySet()) {
            Point point = Point.byWord(listed.getKey())
                    .orElseThrow(() -> new CommandException("%s: unknown hook point hooks.%s; known: %s"
                            .formatted(
                                    file,
                                    listed.getKey(),
                                    Arrays.stream(Point.values())
                                            .map(Point::word)
                                            .collect(Collectors.joining(", ")))));
            // A point with nothing after it has no hooks.
            hooks.put(
                    point,
                    hooks(file, point, Optional.ofNullable(listed.getValue()).orElse(List.of())));
        }
        return new HooksFile(hooks);
    }

    private static List<Hook> hooks(String file, Point point, List<@Nullable Entry> entries) throws CommandException {
        List<Hook> hooks = new ArrayList<>();
        for (@Nullable Entry entry : entries) {
            String command = entry == null ? null : entry.command();
            if (entry == null || command == null || command.isBlank()) {
                throw new CommandException("%s: hooks.%s[%d] lacks 'command'; name the program to run"
                        .formatted(file, point.word(), hooks.size()));
            }
            hooks.add(new Hook(
                    command,
                    Optional.ofNullable(entry.args()).orElse(List.of()),
                    Optional.ofNullable(entry.envs()).orElse(Map.of()),
                    Optional.ofNullable(entry.workdir()).filter(directory -> !directory.isBlank())));
        }
        return hooks;
    }
}

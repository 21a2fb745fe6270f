package io.migpool.config;

import static java.util.Objects.requireNonNull;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.MalformedDocumentException;
import io.migpool.config.source.ParsedDocument;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How one kind of document becomes settings.
 *
 * @param kind the document
 * @param defaults settings when there is no document
 * @param defaultValues defaults of scalar keys, by key
 * @param binder reads the settings and records what is wrong
 * @param frozen keys whose values are fixed at start
 * @param keeping combines the settings at start with later ones: the later ones, with the frozen keys as at start
 * @param whyFrozen why those keys are frozen and how to change them, as the end of a sentence
 */
record DocumentBinding<T>(
        DocumentKind kind,
        T defaults,
        Map<String, String> defaultValues,
        Function<SettingsPass, T> binder,
        Set<String> frozen,
        BinaryOperator<T> keeping,
        String whyFrozen) {

    static final DocumentBinding<DeviceSettings> DEVICES = new DocumentBinding<>(
            DocumentKind.DEVICE,
            DeviceSettings.DEFAULT,
            DeviceKey.defaultValues(),
            DeviceSettingsBinder::bind,
            DeviceKey.resourceProperties(),
            (atStart, later) -> later.withResources(atStart.resources()),
            "kubelets and the scheduler's configuration use these names too; change managedResources as well, and"
                    + " restart scheduler, webhook and agents");

    static final DocumentBinding<NodeSettings> NODES = new DocumentBinding<>(
            DocumentKind.NODE,
            NodeSettings.DEFAULT,
            Map.of(),
            NodeSettingsBinder::bind,
            Set.of(),
            (atStart, later) -> later,
            "");

    /** The result of reading a view; {@code value} is meaningless if there are problems. */
    record Reading<T>(T value, List<String> problems, List<String> warnings, List<EffectiveSetting> read) {}

    Reading<T> read(SettingsView view) {
        SettingsPass pass = new SettingsPass(view);
        T value = binder.apply(pass);
        return new Reading<>(value, pass.problems(), pass.warnings(), pass.read());
    }

    /** Reads a document on its own. */
    T parse(String text) throws InvalidSettingsException {
        try {
            ParsedDocument document = kind.parse(text);
            Reading<T> reading = read(SettingsView.of(kind, document));
            if (!reading.problems().isEmpty()) {
                throw new InvalidSettingsException(reading.problems());
            }
            return reading.value();
        } catch (MalformedDocumentException e) {
            throw new InvalidSettingsException(List.of(kind.key() + " " + e.getMessage()));
        }
    }

    /** Returns a later reading as it takes effect in a running process, with a warning about what does not. */
    Reading<T> inForce(Reading<T> atStart, Reading<T> later) {
        List<EffectiveSetting> kept = frozen.stream()
                .sorted()
                .map(key -> setting(atStart, key))
                .filter(setting ->
                        !setting.value().equals(setting(later, setting.key()).value()))
                .toList();
        if (kept.isEmpty()) {
            return later;
        }
        String warning = kept.stream()
                .map(setting -> "%s stays %s, not %s"
                        .formatted(
                                setting.key().substring(kind.prefix().length() + 1),
                                setting.value(),
                                setting(later, setting.key()).value()))
                .collect(Collectors.joining(", ", kind.key() + " ", ": " + whyFrozen));
        return new Reading<>(
                keeping.apply(atStart.value(), later.value()),
                later.problems(),
                Stream.concat(later.warnings().stream(), Stream.of(warning)).toList(),
                Stream.concat(
                                later.read().stream().filter(setting -> kept.stream()
                                        .noneMatch(other -> other.key().equals(setting.key()))),
                                kept.stream()
                                        .map(setting -> new EffectiveSetting(
                                                setting.key(), setting.value(), setting.source() + ", at start")))
                        .toList());
    }

    private EffectiveSetting setting(Reading<T> reading, String key) {
        return reading.read().stream()
                .filter(setting -> setting.key().equals(key))
                .findFirst()
                .orElseGet(() ->
                        new EffectiveSetting(key, requireNonNull(defaultValues.get(key)), EffectiveSetting.DEFAULT));
    }
}

package io.migpool.config;

import io.migpool.config.source.DocumentKind;
import io.migpool.config.source.MalformedDocumentException;
import io.migpool.config.source.ParsedDocument;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * How one kind of document becomes settings.
 *
 * @param kind the document
 * @param defaults settings without any document
 * @param defaultValues values of the single keys that nobody sets, by key
 * @param binder reads the settings and notes what is wrong
 * @param frozen what differs between the settings at start and later ones although it cannot take effect live, as sentences
 */
record DocumentBinding<T>(
        DocumentKind kind,
        T defaults,
        Map<String, String> defaultValues,
        Function<SettingsPass, T> binder,
        BiFunction<T, T, List<String>> frozen) {

    static final DocumentBinding<DeviceSettings> DEVICES = new DocumentBinding<>(
            DocumentKind.DEVICE,
            DeviceSettings.DEFAULT,
            DeviceSettingsBinder.defaultValues(),
            DeviceSettingsBinder::bind,
            DocumentBinding::renamed);

    static final DocumentBinding<NodeSettings> NODES = new DocumentBinding<>(
            DocumentKind.NODE, NodeSettings.DEFAULT, Map.of(), NodeSettingsBinder::bind, (before, after) -> List.of());

    /** What a view amounts to; {@code value} is worth nothing if there are problems. */
    record Reading<T>(T value, List<String> problems, List<String> warnings, List<EffectiveSetting> read) {}

    Reading<T> read(SettingsView view) {
        SettingsPass pass = new SettingsPass(view);
        T value = binder.apply(pass);
        return new Reading<>(value, pass.problems(), pass.warnings(), pass.read());
    }

    /** Reads a document by itself. */
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

    private static List<String> renamed(DeviceSettings atStart, DeviceSettings now) {
        return Stream.of(now.resources())
                .filter(names -> !names.equals(atStart.resources()))
                .map(names ->
                        ("resource names changed from %s to %s; the scheduler's configuration and what kubelets know"
                                        + " carry them too: change managedResources and restart the scheduler and the agents")
                                .formatted(atStart.resources(), names))
                .toList();
    }
}

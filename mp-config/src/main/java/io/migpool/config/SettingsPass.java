package io.migpool.config;

import io.migpool.config.source.NearestKey;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** One pass over one document, which collects every problem instead of stopping at the first. */
final class SettingsPass {

    private final SettingsView view;
    private final NavigableSet<String> keys;
    private final SortedMap<String, EffectiveSetting> read = new TreeMap<>();
    private final List<String> problems = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    SettingsPass(SettingsView view) {
        this.view = view;
        this.keys = view.keys();
    }

    SettingsView view() {
        return view;
    }

    /** Returns the value of a key and records it as read. */
    Optional<SettingsView.Found> find(String key) {
        Optional<SettingsView.Found> found = view.find(key);
        found.ifPresent(value -> read.put(key, new EffectiveSetting(key, value.value(), source(key, value))));
        return found;
    }

    private String source(String key, SettingsView.Found found) {
        return found.override()
                .orElseGet(() -> view.kind().key()
                        + view.location(key).map(at -> " " + at).orElse(""));
    }

    /** Returns everything that has been found, sorted by key. */
    List<EffectiveSetting> read() {
        return List.copyOf(read.values());
    }

    /** Returns the keys strictly below this one. */
    NavigableSet<String> keysBelow(String key) {
        // '/' follows '.' in the character set, so this is every key that begins with "key.".
        return keys.subSet(key + ".", false, key + "/", false);
    }

    boolean isSet(String key) {
        return keys.contains(key);
    }

    /** Records that the document is invalid at this place. */
    void refuse(SettingsNode at, String why) {
        problems.add(at.where() + " " + why);
    }

    /** Returns a mark that advances with every rejection. */
    int mark() {
        return problems.size();
    }

    /** Records that the document is questionable at this place. */
    void doubt(SettingsNode at, String why) {
        warnings.add(at.where() + " " + why);
    }

    void doubtUnknown(SettingsNode at, String name, Collection<String> known) {
        doubt(
                at,
                "is unknown and ignored; "
                        + NearestKey.to(name, known)
                                .map(meant -> "did you mean '" + meant + "'?")
                                .orElse("known keys: "
                                        + String.join(
                                                ", ", known.stream().sorted().toList())));
    }

    List<String> problems() {
        return List.copyOf(problems);
    }

    List<String> warnings() {
        return List.copyOf(warnings);
    }
}

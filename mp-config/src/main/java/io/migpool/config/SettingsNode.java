package io.migpool.config;

import io.migpool.config.SettingsView.Found;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One place in a document: a key and everything below it. Methods that find something of the wrong shape record a
 * problem and answer as if nothing were there.
 */
final class SettingsNode {

    private static final Pattern INDEX = Pattern.compile("\\d{1,6}");

    private static final int SHOWN_KEYS = 5;

    private final SettingsPass pass;
    private final String key;
    private final String path;

    private SettingsNode(SettingsPass pass, String key, String path) {
        this.pass = pass;
        this.key = key;
        this.path = path;
    }

    /** Returns the whole document. */
    static SettingsNode root(SettingsPass pass) {
        return new SettingsNode(pass, pass.view().kind().prefix(), "");
    }

    SettingsNode child(String name) {
        return new SettingsNode(pass, key + "." + name, path.isEmpty() ? name : path + "." + name);
    }

    private SettingsNode element(int index) {
        return new SettingsNode(pass, key + "." + index, path + "[" + index + "]");
    }

    /** Returns the path in the document: {@code nodeconfig[0].name}. */
    String path() {
        return path;
    }

    /** Returns whether there is anything here, even if empty. */
    boolean exists() {
        return pass.isSet(key)
                || !pass.keysBelow(key).isEmpty()
                || pass.find(key).isPresent();
    }

    /** {@code device-config.yaml line 3, column 5: nvidia.defaultCores}, or the property that overrides it. */
    String where() {
        Optional<Found> found = pass.find(key);
        String shown = path.isEmpty() ? "the document" : path;
        return found.flatMap(Found::override)
                .map(source -> "property " + key + " (" + source + "):")
                .orElseGet(() -> pass.view().kind().key()
                        + pass.view().location(key).map(at -> " " + at).orElse("") + ": " + shown);
    }

    void refuse(String why) {
        pass.refuse(this, why);
    }

    /**
     * As {@link #refuse}, unless something read since the mark has been rejected already: one mistake, one sentence.
     */
    void refuseUnlessSince(int mark, String why) {
        if (pass.mark() == mark) {
            refuse(why);
        }
    }

    /** Returns a mark to compare later; it advances with every rejection. */
    int mark() {
        return pass.mark();
    }

    void doubt(String why) {
        pass.doubt(this, why);
    }

    /** Returns whether this is a mapping. Warns about every key that is not known; rejects a list or a value. */
    boolean isMappingOf(Collection<String> known) {
        Set<String> names = childNames();
        Optional<Found> value = pass.find(key);
        if (names.isEmpty() && value.isPresent()) {
            refuse(quoted(value.get().value()) + " is a value; expected " + mappingOf(known));
            return false;
        }
        if (isList(names)) {
            refuse("is a list; expected " + mappingOf(known));
            return false;
        }
        names.stream()
                .filter(name -> !known.contains(name))
                .forEach(name -> pass.doubtUnknown(child(name), name, known));
        return true;
    }

    /** Returns whether this is a non-empty mapping or list. */
    boolean hasEntries() {
        return !childNames().isEmpty();
    }

    private static String mappingOf(Collection<String> known) {
        return "a mapping with " + known.stream().limit(SHOWN_KEYS).collect(Collectors.joining(", "))
                + (known.size() > SHOWN_KEYS ? ", …" : "");
    }

    /**
     * Returns the elements of a list.
     *
     * @param probe key inside an element that reveals an element which only an override sets; empty if elements are
     *     values
     */
    List<SettingsNode> elements(String probe) {
        Set<String> names = childNames();
        if (!names.isEmpty() && !isList(names)) {
            refuse("is a mapping; expected a list");
            return List.of();
        }
        Optional<Found> value = pass.find(key);
        if (names.isEmpty() && value.isPresent()) {
            refuse(quoted(value.get().value()) + " is a value; expected a list");
            return List.of();
        }
        int size = names.stream().mapToInt(Integer::parseInt).max().orElse(-1) + 1;
        while (isOverridden(probe.isEmpty() ? element(size) : element(size).child(probe))) {
            size++;
        }
        List<SettingsNode> elements = new ArrayList<>();
        for (int index = 0; index < size; index++) {
            elements.add(element(index));
        }
        return List.copyOf(elements);
    }

    private boolean isOverridden(SettingsNode node) {
        return pass.find(node.key).isPresent();
    }

    /** Returns the values of a list; a property that overrides the whole list separates them with commas. */
    List<Value> values(String expected) {
        Optional<Found> whole = pass.find(key).filter(found -> found.override().isPresent());
        if (whole.isPresent()) {
            return Pattern.compile(",")
                    .splitAsStream(whole.get().value())
                    .map(String::strip)
                    .filter(text -> !text.isEmpty())
                    .map(text -> new Value(this, text))
                    .toList();
        }
        List<Value> values = new ArrayList<>();
        for (SettingsNode element : elements("")) {
            Optional<String> text = element.text(expected);
            text.ifPresent(given -> values.add(new Value(element, given)));
            if (text.isEmpty() && element.childNames().isEmpty()) {
                element.refuse("is empty; expected " + expected);
            }
        }
        return List.copyOf(values);
    }

    /** One value of a list, with its place. */
    record Value(SettingsNode at, String text) {}

    private Set<String> childNames() {
        Set<String> names = new LinkedHashSet<>();
        for (String below : pass.keysBelow(key)) {
            String rest = below.substring(key.length() + 1);
            int dot = rest.indexOf('.');
            names.add(dot < 0 ? rest : rest.substring(0, dot));
        }
        return names;
    }

    private static boolean isList(Set<String> names) {
        return !names.isEmpty()
                && names.stream().allMatch(name -> INDEX.matcher(name).matches());
    }

    /** Returns a single value; empty if it is absent or blank. */
    Optional<String> text(String expected) {
        Optional<Found> found = pass.find(key);
        Set<String> names = childNames();
        if (!names.isEmpty() && found.flatMap(Found::override).isEmpty()) {
            refuse("is a " + (isList(names) ? "list" : "mapping") + "; expected " + expected);
            return Optional.empty();
        }
        return found.map(Found::value).map(String::strip).filter(value -> !value.isEmpty());
    }

    /** Returns a whole number between two limits, both inclusive. */
    OptionalLong integer(long least, long most) {
        String expected = most == Integer.MAX_VALUE || most == Long.MAX_VALUE
                ? "a whole number, " + least + " or more"
                : "a whole number from " + least + " to " + most;
        Optional<String> text = text(expected);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        try {
            long value = Long.parseLong(text.get());
            if (value >= least && value <= most) {
                return OptionalLong.of(value);
            }
        } catch (NumberFormatException e) {
            refuse(quoted(text.get()) + " is not a whole number; expected " + expected);
            return OptionalLong.empty();
        }
        refuse(quoted(text.get()) + " is out of range; expected " + expected);
        return OptionalLong.empty();
    }

    /** Returns a number that is zero or more, or above zero. */
    Optional<Double> factor(boolean zeroAllowed) {
        String expected = zeroAllowed ? "a number, 0 or more (0 leaves it as it is)" : "a number above 0";
        Optional<String> text = text(expected);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        try {
            double value = Double.parseDouble(text.get());
            if (Double.isFinite(value) && (value > 0 || (zeroAllowed && value == 0))) {
                return Optional.of(value);
            }
        } catch (NumberFormatException e) {
            refuse(quoted(text.get()) + " is not a number; expected " + expected);
            return Optional.empty();
        }
        refuse(quoted(text.get()) + " is out of range; expected " + expected);
        return Optional.empty();
    }

    /** Returns a boolean, in any of YAML's spellings. */
    Optional<Boolean> flag() {
        return text("true or false").flatMap(text -> switch (text.toLowerCase(Locale.ROOT)) {
            case "true", "yes", "on" -> Optional.of(true);
            case "false", "no", "off" -> Optional.of(false);
            default -> {
                refuse(quoted(text) + " is neither true nor false; expected true or false");
                yield Optional.empty();
            }
        });
    }

    static String quoted(String text) {
        return "'" + text + "'";
    }
}

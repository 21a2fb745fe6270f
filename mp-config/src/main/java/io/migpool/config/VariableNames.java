package io.migpool.config;

import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.Config;

/**
 * Names of environment variables.
 *
 * @param set those that are set, among other names of a configuration
 */
record VariableNames(SortedSet<String> set) {

    private static final Pattern NO_LETTER = Pattern.compile("[^A-Za-z0-9]");

    /** What kubelet sets for a Service, after its name. */
    private static final Pattern OF_A_SERVICE =
            Pattern.compile(".*_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    /** Returns the names in all sources of a configuration. */
    static VariableNames in(Config config) {
        TreeSet<String> names = new TreeSet<>();
        config.getConfigSources().forEach(source -> names.addAll(source.getPropertyNames()));
        return new VariableNames(names);
    }

    /** Returns the variable that stands for a key. */
    static String of(String key) {
        return NO_LETTER.matcher(key).replaceAll("_").toUpperCase(Locale.ROOT);
    }

    /** Returns those that somebody set under this prefix, in order; kubelet's for Services do not count. */
    Stream<String> beginningWith(String prefix) {
        return set.stream()
                .filter(name -> name.startsWith(prefix))
                .filter(name -> !OF_A_SERVICE.matcher(name).matches());
    }
}

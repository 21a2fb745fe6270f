package io.migpool.testbed.demo;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Options of the demo.
 *
 * @param keep whether the cluster stays up at the end
 * @param file YAML file with pods to run instead of the script
 */
record DemoOptions(boolean keep, Optional<Path> file) {

    private static final String KEEP = "--keep=";
    private static final String FILE = "--file=";

    /** @throws IllegalArgumentException if an argument is not understood; names it */
    static DemoOptions parse(List<String> arguments) {
        boolean keep = false;
        Optional<Path> file = Optional.empty();
        for (String argument : arguments) {
            if (argument.startsWith(KEEP)) {
                keep = Boolean.parseBoolean(argument.substring(KEEP.length()));
            } else if (argument.startsWith(FILE)) {
                file = Optional.of(argument.substring(FILE.length()))
                        .filter(name -> !name.isEmpty())
                        .map(Path::of);
            } else {
                throw new IllegalArgumentException("unknown argument '" + argument + "'; the demo takes " + KEEP
                        + "true|false and " + FILE + "PATH");
            }
        }
        return new DemoOptions(keep, file);
    }
}

package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.cluster.ClusterException;
import io.migpool.deviceplugin.cluster.ConfigMaps;
import io.migpool.deviceplugin.geometry.GeneratedConfiguration;
import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.geometry.spec.MigSpecReader;
import io.migpool.deviceplugin.gpu.GpuDescription;
import io.migpool.deviceplugin.gpu.GpuException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configurations of a node: those of a file or a ConfigMap if there is one, otherwise those that its boards
 * suggest.
 */
final class Configurations {

    /** The key of a ConfigMap. */
    static final String KEY = "config.yaml";

    private Configurations() {}

    /** Lists the boards whose configurations are wanted. */
    @FunctionalInterface
    interface Boards {
        List<GpuDescription> present() throws GpuException;
    }

    /**
     * Generates the configurations that the boards suggest.
     *
     * @param otherwise the file to use if the driver does not report what the boards offer; without it, what is known
     *     of the boards is used
     */
    static ConfigurationSource generated(Boards boards, Optional<Path> otherwise) {
        return () -> {
            List<GpuDescription> present = boards.present();
            return otherwise.isPresent() && !GeneratedConfiguration.isTold(present)
                    ? in(otherwise.get()).current()
                    : GeneratedConfiguration.of(present);
        };
    }

    /** Reads the configurations from a file. */
    static ConfigurationSource in(Path file) {
        return () -> {
            try {
                return MigSpecReader.read(file.toString(), Files.readString(file));
            } catch (NoSuchFileException e) {
                throw new MigSpecException(
                        file
                                + " does not exist; put the configurations there, or name another file in the agent's settings");
            } catch (IOException e) {
                throw new UnreachableException("cannot read %s: %s".formatted(file, e), e);
            }
        };
    }

    /**
     * Reads the configurations from a ConfigMap, or from another source while it does not exist.
     *
     * @param name of the ConfigMap, for messages
     */
    static ConfigurationSource in(String name, ConfigMaps.Watched configMap, ConfigurationSource otherwise) {
        return new InConfigMap(name, configMap, otherwise);
    }

    private record InConfigMap(String name, ConfigMaps.Watched configMap, ConfigurationSource otherwise)
            implements ConfigurationSource {

        @Override
        public MigSpec current() throws MigSpecException, GpuException, UnreachableException {
            Optional<Map<String, String>> data = data();
            return data.isPresent() ? read(data.get()) : otherwise.current();
        }

        @Override
        public List<MigSpecEntry> named(String label) throws MigSpecException, GpuException, UnreachableException {
            Optional<Map<String, String>> data = data();
            if (data.isPresent()) {
                return read(data.get()).config(label);
            }
            try {
                return otherwise.named(label);
            } catch (MigSpecException e) {
                // Whoever has put the ConfigMap elsewhere has to learn where it is looked for.
                throw new MigSpecException("%s; there is no ConfigMap %s".formatted(e.getMessage(), name));
            }
        }

        private Optional<Map<String, String>> data() throws UnreachableException {
            try {
                return configMap.data();
            } catch (ClusterException e) {
                throw new UnreachableException(e);
            }
        }

        private MigSpec read(Map<String, String> data) throws MigSpecException {
            String text = data.get(KEY);
            if (text == null) {
                throw new MigSpecException(
                        "ConfigMap %s has no key %s; put the configurations there, or delete it".formatted(name, KEY));
            }
            return MigSpecReader.read("ConfigMap %s, key %s".formatted(name, KEY), text);
        }
    }
}

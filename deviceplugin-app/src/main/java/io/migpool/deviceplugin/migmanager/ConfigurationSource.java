package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.spec.MigSpec;
import io.migpool.deviceplugin.geometry.spec.MigSpecEntry;
import io.migpool.deviceplugin.geometry.spec.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;
import java.util.List;

/** The source of the configurations that a label names: a file, a ConfigMap, or the boards themselves. */
@FunctionalInterface
interface ConfigurationSource {

    /**
     * Returns the present configurations.
     *
     * @throws MigSpecException if they are malformed or there are none
     * @throws GpuException if they are derived from the boards and these cannot be read
     * @throws UnreachableException if they cannot be read now
     */
    MigSpec current() throws MigSpecException, GpuException, UnreachableException;

    /**
     * Returns the entries of the configuration with this name, as they are now.
     *
     * @throws MigSpecException if the configurations are malformed or none has the name
     * @throws GpuException if they are derived from the boards and these cannot be read
     * @throws UnreachableException if they cannot be read now
     */
    default List<MigSpecEntry> named(String name) throws MigSpecException, GpuException, UnreachableException {
        return current().config(name);
    }
}

package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.MigSpec;
import io.migpool.deviceplugin.geometry.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;

/** Where the configurations come from that a label names: a file, a ConfigMap, or the boards themselves. */
@FunctionalInterface
interface ConfigurationSource {

    /**
     * The present one.
     *
     * @throws MigSpecException if it is malformed or there is none
     * @throws GpuException if it is made from the boards and they cannot be read
     * @throws UnreachableException if it cannot be read now
     */
    MigSpec current() throws MigSpecException, GpuException, UnreachableException;
}

package io.migpool.deviceplugin.migmanager;

import io.migpool.deviceplugin.geometry.MigSpecEntry;
import io.migpool.deviceplugin.geometry.MigSpecException;
import io.migpool.deviceplugin.gpu.GpuException;
import java.lang.System.Logger.Level;
import java.util.List;

/** What a value of the label means. */
sealed interface RequestedConfiguration {

    System.Logger LOG = System.getLogger(RequestedConfiguration.class.getName());

    /** A configuration. */
    record Known(List<MigSpecEntry> entries) implements RequestedConfiguration {}

    /** Nothing. */
    record Nothing(String problem) implements RequestedConfiguration {}

    /** Nobody can tell now. */
    record Unread(String why) implements RequestedConfiguration {}

    /** What it means now. */
    static RequestedConfiguration of(String value, ConfigurationSource configurations) {
        try {
            return new Known(configurations.current().config(value));
        } catch (MigSpecException | GpuException e) {
            return new Nothing(String.valueOf(e.getMessage()));
        } catch (UnreachableException e) {
            return new Unread(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            return new Nothing(unforeseen(e));
        }
    }

    /** What to tell people of a fault that nobody foresaw. */
    static String unforeseen(Throwable fault) {
        LOG.log(Level.ERROR, "a step towards a layout failed in a way that nobody foresaw", fault);
        return "unforeseen, see the log of the node agent: " + fault;
    }
}

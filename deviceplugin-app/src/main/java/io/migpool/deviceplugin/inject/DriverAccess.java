package io.migpool.deviceplugin.inject;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * What a CDI file has to contain so that a container can use its devices through it alone.
 *
 * @param cdiVersion the CDI version of the rest
 * @param common edits that every container with a GPU needs: libraries, hooks, device nodes of the driver
 * @param deviceNodes the nodes of the container's own devices
 */
record DriverAccess(String cdiVersion, JsonNode common, List<JsonNode> deviceNodes) {

    DriverAccess {
        deviceNodes = List.copyOf(deviceNodes);
    }
}

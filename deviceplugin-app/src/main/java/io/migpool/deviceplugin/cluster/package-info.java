/**
 * The API server as the node agent needs it: this Node, the pods bound to it, ConfigMaps and Events, as ports, and as
 * adapters with time-outs over its client. It decides nothing.
 */
@NullMarked
package io.migpool.deviceplugin.cluster;

import org.jspecify.annotations.NullMarked;

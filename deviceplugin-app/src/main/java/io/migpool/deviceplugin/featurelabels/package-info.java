/**
 * The labels of gpu-feature-discovery that describe MIG devices of this node. Used only by {@code migmanager}.
 */
@NullMarked
package io.migpool.deviceplugin.featurelabels;

import org.jspecify.annotations.NullMarked;

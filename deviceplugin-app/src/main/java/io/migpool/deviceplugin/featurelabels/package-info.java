/** The labels of gpu-feature-discovery that describe MIG devices of this node. */
@NullMarked
package io.migpool.deviceplugin.featurelabels;

import org.jspecify.annotations.NullMarked;

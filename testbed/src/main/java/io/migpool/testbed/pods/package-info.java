/** What the scheduler and the kubelet stand-in both compute from a pod's specification. Depends on neither. */
@NullMarked
package io.migpool.testbed.pods;

import org.jspecify.annotations.NullMarked;

/** The host of a node as its agent sees it: a system bus with a service manager. */
@NullMarked
package io.migpool.testbed.host;

import org.jspecify.annotations.NullMarked;

package io.migpool.config;

import java.util.regex.Pattern;

/** Masks secrets in output for people. */
final class Secrets {

    private static final String MASK = "********";
    private static final Pattern TELLTALE =
            Pattern.compile("(?i)password|passphrase|passwd|token|credential|api[._-]?key|private[._-]?key");
    /** Foreign keys with this word hold secrets. Ours only hold names of Secrets, which are public. */
    private static final Pattern SECRET = Pattern.compile("(?i)secret");

    private static final Pattern OURS = Pattern.compile("(?i)(migpool|device[._-]config|node[._-]config)[._].*");
    private static final Pattern USER_INFO = Pattern.compile("://[^/@\\s]+@");

    private Secrets() {}

    /** Returns the value as it may be shown under this key. */
    static String masked(String key, String value) {
        boolean secret = TELLTALE.matcher(key).find()
                || (SECRET.matcher(key).find() && !OURS.matcher(key).matches());
        return secret && !value.isEmpty() ? MASK : USER_INFO.matcher(value).replaceAll("://" + MASK + "@");
    }
}

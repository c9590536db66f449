/**
 * The storage of an app's tokens. `localStorage`, React Native's `AsyncStorage` and Expo's `SecureStore` (with its
 * function names mapped) can be used. Several tabs of one app must share the storage.
 */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): void | Promise<void>;
  removeItem(key: string): void | Promise<void>;
}

/** Returns a storage that is lost when the process or page ends. */
export function memoryStorage(): TokenStorage {
  const items = new Map<string, string>();
  return {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  };
}

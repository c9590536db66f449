/**
 * The storage of an app's tokens. `localStorage`, React Native's `AsyncStorage` and Expo's `SecureStore` (with its
 * function names mapped) can be used. Several tabs of one app must share the storage.
 *
 * @example
 * ```ts
 * import * as SecureStore from 'expo-secure-store';
 *
 * const storage: TokenStorage = {
 *   getItem: SecureStore.getItemAsync,
 *   setItem: SecureStore.setItemAsync,
 *   removeItem: SecureStore.deleteItemAsync,
 * };
 * ```
 */
export interface TokenStorage {
  /** Returns the value of a key, or `null`. */
  getItem(key: string): string | null | Promise<string | null>;
  /** Stores a value. */
  setItem(key: string, value: string): void | Promise<void>;
  /** Deletes a key and its value. */
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

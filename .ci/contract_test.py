import unittest

from contract import compare, described

DESCRIPTION = {
    "paths": {
        "/a": {"x-latchkey-api": "headless", "get": {"operationId": "getA", "responses": {"200": {}, "503": {}}}},
        "/b": {"x-latchkey-api": "jwt", "parameters": [], "post": {"operationId": "postB", "responses": {"400": {}}}},
    }
}


class Contract(unittest.TestCase):
    def test_each_status_of_each_operation_is_a_response(self):
        self.assertEqual(described(DESCRIPTION), {"getA 200": "headless", "getA 503": "headless", "postB 400": "jwt"})

    def test_equal_sets_are_no_problem(self):
        self.assertEqual(compare(described(DESCRIPTION), {"getA 200", "getA 503", "postB 400"}), [])

    def test_what_was_not_seen_and_what_is_not_as_described_is_a_problem(self):
        fault = "fault: GET /a, 418: the operation does not have this status"
        found = compare(described(DESCRIPTION), {"getA 200", "getA 418", "postB 400", fault})
        self.assertEqual(found, ["not seen: getA 503", fault])


if __name__ == "__main__":
    unittest.main()

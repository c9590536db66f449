//! The OpenAPI description of this function's endpoints.

mod links;
mod login;
mod mfa;
mod replies;

use shared::description::Operation;

/// The API's name in the description.
const API: &str = "jwt";

/// Returns the operations of this function.
pub fn operations() -> Vec<Operation> {
    [login::operations(), links::operations(), mfa::operations()].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    #[test]
    fn every_endpoint_is_described() {
        let differences = shared::description::differences(&crate::endpoints(), &super::operations());
        assert!(differences.is_empty(), "{differences:#?}");
    }

    fn document() -> Json {
        let part = (crate::endpoints(), super::operations());
        shared::description::document(json!({}), &[part]).unwrap()
    }

    #[test]
    fn bodies_have_the_names_of_the_reference() {
        let document = document();
        let login = &document["paths"]["/jwt-allauth/login/"]["post"];
        let schema = |kind: &str| &login["requestBody"]["content"][kind]["schema"]["$ref"];
        for kind in crate::body::KINDS {
            assert_eq!(schema(kind), "#/components/schemas/JwtLogin");
        }
        let session = &login["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        assert_eq!(session, "#/components/schemas/SessionOrChallengeResponse");
        let schemas = document["components"]["schemas"].as_object().unwrap();
        // If two types had the same name, the second would have a number at its end.
        assert!(schemas.keys().all(|name| !name.ends_with(|last: char| last.is_ascii_digit())), "{schemas:#?}");
    }

    #[test]
    fn the_schemas_of_bodies_follow_their_rules() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let change = &schemas["PasswordChange"];
        assert_eq!(change["required"], json!(["new_password1", "new_password2"]));
        assert_eq!(change["properties"]["old_password"]["x-latchkey-required-if"], json!(["jwt_old_password"]));
        assert_eq!(change["properties"]["new_password1"]["maxLength"], json!(128));
        assert_eq!(schemas["UserRegister"]["required"], json!(["email", "role"]));
        assert_eq!(schemas["MFAVerify"]["properties"]["code"]["type"], json!(["string", "number"]));
    }
}

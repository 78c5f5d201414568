use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Data, DeriveInput, Error, Field, Fields, Generics, Index, Member, Result, WhereClause,
    parse_quote,
};

/// A struct with fields.
pub(crate) struct Record<'a> {
    pub(crate) input: &'a DeriveInput,
    pub(crate) fields: Vec<(Member, &'a Field)>,
    shape: &'a Fields,
}

impl<'a> Record<'a> {
    pub(crate) fn new(input: &'a DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            let told =
                "only a struct is joined field by field: which of an enum's variants would it be?";
            return Err(Error::new_spanned(&input.ident, told));
        };
        let fields = data.fields.iter().zip(0..).map(|(field, at)| {
            let by_number = || Member::Unnamed(Index::from(at));
            (field.ident.clone().map_or_else(by_number, Member::Named), field)
        });
        Ok(Self { input, fields: fields.collect(), shape: &data.fields })
    }

    pub(crate) fn generics(&self) -> &'a Generics {
        &self.input.generics
    }

    /// Whether the fields have names.
    pub(crate) fn shape(&self) -> &'a Fields {
        self.shape
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = &Member> {
        self.fields.iter().map(|(member, _)| member)
    }

    /// What is asked for where the struct is declared, of the struct itself, and that each field whose
    /// type is not known here is `what`.
    pub(crate) fn bounds(&self, what: &TokenStream) -> WhereClause {
        let mut bounds = self.generics().clone();
        let bounds = bounds.make_where_clause();
        bounds.predicates.push(parse_quote!(Self: ::core::clone::Clone + ::core::default::Default));
        for (_, field) in &self.fields {
            let of = &field.ty;
            if self.is_open(of.to_token_stream()) {
                bounds.predicates.push(parse_quote!(#of: #what));
            }
        }
        bounds.clone()
    }

    /// Whether these tokens name one of the struct's parameters.
    fn is_open(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(name) => {
                self.generics().type_params().any(|parameter| parameter.ident == name)
            }
            TokenTree::Group(group) => self.is_open(group.stream()),
            _ => false,
        })
    }

    /// A part or a value of the field number `at`, as what stands for any of them: within `last` of so
    /// many others.
    pub(crate) fn nested(
        at: usize,
        last: &TokenStream,
        others: &TokenStream,
        it: &TokenStream,
    ) -> TokenStream {
        (0..at).fold(quote!(#last(#it)), |inner, _| quote!(#others(#inner)))
    }
}

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Error, Member, Result, Type, WhereClause, parse_quote};

use crate::record::Record;

/// What of `glomers-crdt` is named, for replicas of one type.
struct Names {
    replica: Type,
    causal: TokenStream,
    derived: TokenStream,
    store: TokenStream,
    view: TokenStream,
}

pub(crate) fn derive(record: &Record<'_>) -> Result<TokenStream> {
    let names = Names::new(record)?;
    let Names { replica, causal, derived, store, view } = &names;
    let mut bounds = record.bounds(store);
    bounds.predicates.push(parse_quote!(#replica: ::core::cmp::Ord + ::core::clone::Clone));
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let of = record.fields.iter().map(|(_, field)| &field.ty);
    let payload = of.clone().rev().fold(
        quote!(#causal::NoField),
        |rest, of| quote!(#causal::OneOf<<#of as #view>::Payload, #rest>),
    );
    let (types, fields) = (list(of.map(|of| quote!(&#of))), list(each(record, &quote!(&self))));
    let fields_mut = list(each(record, &quote!(&mut self)));
    let (all, all_mut) =
        (quote!(#derived::Fields<#replica>), quote!(#derived::FieldsMut<#replica>));
    let by_number = (0..record.fields.len()).map(|at| field(record, &names, &bounds, at));
    let edits = (0..record.fields.len()).map(|at| edit(record, &names, at));
    Ok(quote! {
        #[automatically_derived]
        impl #generics #store for #name #arguments #bounds {}

        #[automatically_derived]
        impl #generics #view for #name #arguments #bounds {
            type Payload = #payload;

            fn twins(
                ours: &Self::Payload,
                theirs: &Self::Payload,
            ) -> #derived::Twins<Self::Payload> {
                <#types as #all>::twins(ours, theirs)
            }

            fn apply(
                &mut self,
                changes: #derived::Changes<#replica, Self::Payload>,
                _: #derived::From<'_, Self, #replica>,
            ) {
                <_ as #all_mut>::apply(#fields_mut, changes);
            }

            fn dots(&self, each: &mut dyn FnMut(&::glomers_crdt::Dot<#replica>)) {
                <_ as #all>::dots(&#fields, each);
            }

            fn is_dead(&self) -> bool {
                <_ as #all>::is_dead(&#fields)
            }

            fn compact(
                &self,
                stable: &#derived::Stable<#replica>,
            ) -> #derived::Fates<#replica, Self::Payload> {
                <_ as #all>::compact(&#fields, stable)
            }
        }

        #(#by_number)*

        #[automatically_derived]
        impl #generics #name #arguments #bounds {
            #(#edits)*
        }
    })
}

/// The list of some things, each beside the rest.
fn list(all: impl DoubleEndedIterator<Item = TokenStream>) -> TokenStream {
    all.rev().fold(quote!(()), |rest, first| quote!((#first, #rest)))
}

/// Each field, `of` the struct.
fn each(record: &Record<'_>, of: &TokenStream) -> impl DoubleEndedIterator<Item = TokenStream> {
    record.fields.iter().map(move |(member, _)| quote!(#of.#member))
}

/// The field of one number, and what its values are of the record's.
fn field(record: &Record<'_>, names: &Names, bounds: &WhereClause, at: usize) -> TokenStream {
    let Names { replica, causal, view, .. } = names;
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let (member, of) = (&record.fields[at].0, &record.fields[at].1.ty);
    let (first, rest) = (quote!(#causal::OneOf::First), quote!(#causal::OneOf::Rest));
    let value = Record::nested(at, &first, &rest, &quote!(value));
    quote! {
        #[automatically_derived]
        impl #generics #causal::Field<#at, #replica> for #name #arguments #bounds {
            type Of = #of;

            fn field(&self) -> &#of {
                &self.#member
            }

            fn wrap(value: <#of as #view>::Payload) -> <Self as #view>::Payload {
                #value
            }
        }
    }
}

/// The mutator of the field of one number.
fn edit(record: &Record<'_>, names: &Names, at: usize) -> TokenStream {
    let Names { replica, causal, store, view, .. } = names;
    let (member, field) = &record.fields[at];
    let (of, visibility) = (&field.ty, &field.vis);
    let (edit, told) = match member {
        Member::Named(member) => (format_ident!("edit_{member}"), format!("`{member}`")),
        Member::Unnamed(at) => (format_ident!("edit_{}", at.index), format!("number {}", at.index)),
    };
    let told = format!("Does what `edit` makes of the field {told}.");
    quote! {
        #[doc = #told]
        #[allow(dead_code, reason = "not every field need be edited by itself")]
        #visibility fn #edit(
            &self,
            edit: impl for<'store> FnOnce(
                &'store #of,
            ) -> #causal::Edit<'store, #replica, <#of as #view>::Payload>,
        ) -> #causal::Edit<'_, #replica, <Self as #view>::Payload> {
            <Self as #store>::edit_field::<#at>(self, edit)
        }
    }
}

impl Names {
    fn new(record: &Record<'_>) -> Result<Self> {
        let replica = replica(record)?;
        let causal = quote!(::glomers_crdt::causal);
        let derived = quote!(#causal::__derived);
        let (store, view) = (quote!(#causal::Store<#replica>), quote!(#derived::View<#replica>));
        Ok(Self { replica, causal, derived, store, view })
    }
}

/// The type that names replicas: what the attribute says, or the parameter `R`.
pub(crate) fn replica(record: &Record<'_>) -> Result<Type> {
    let mut replica = None;
    for attribute in record.input.attrs.iter().filter(|it| it.path().is_ident("store")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("replica") {
                return Err(meta.error("only `replica` is known here"));
            }
            replica = Some(meta.value()?.parse()?);
            Ok(())
        })?;
    }
    let parameter = record.generics().type_params().find(|parameter| parameter.ident == "R");
    let parameter = parameter.map(|parameter| {
        let name = parameter.ident.to_token_stream();
        parse_quote!(#name)
    });
    replica.or(parameter).ok_or_else(|| {
        let told =
            "which type names replicas? Call the parameter `R`, or say `#[store(replica = …)]`";
        Error::new_spanned(&record.input.ident, told)
    })
}
